"""Tests of SMS by Twilio, against a server that speaks its Messages API and signs its callbacks."""
