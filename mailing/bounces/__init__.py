"""What comes back: of providers by events, of mail servers in a mailbox."""
