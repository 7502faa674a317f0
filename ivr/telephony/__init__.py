"""SIP and media: endpoint, legs, what is said into them, and the session that joins a call to one."""
