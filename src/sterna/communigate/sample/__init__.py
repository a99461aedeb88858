"""An anonymised sample of a server's answers, to send to those who teach Sterna what it does not know yet."""
