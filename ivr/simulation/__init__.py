"""Callers that are no people: scenarios in virtual time, and the robot caller over real SIP and RTP."""
