"""Where accounts and their mail come from: one module for each kind of source, all behind the same few methods."""
