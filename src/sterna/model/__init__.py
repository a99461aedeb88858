"""The values that pass between the packages: accounts, addresses, mailboxes, messages, findings. No I/O, no formats."""
