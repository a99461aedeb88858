"""The survey: look at the whole source, write nothing there, and say what will move, will change, will be lost.

What is seen goes row by row into a store (`sterna.state.survey_store`), so that memory does not grow with the site.
"""
