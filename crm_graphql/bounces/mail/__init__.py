"""Returned mail: notices of mail servers, and complaints by mail.

- `reading`: what a mail says, whoever wrote it; pure, and bounded against any input.
- `listener`: the server that takes it from the operator's mail server, durable before it is taken.
"""
