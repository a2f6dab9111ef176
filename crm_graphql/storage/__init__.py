"""Storage of files: the port, and its adapters: a folder of this machine, or a server that speaks S3."""
