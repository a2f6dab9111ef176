"""Media: files that people upload, for customers' records and for pictures in messages.

- `types` tells what a file is by its content, `names` makes its name harmless, `limits` bounds an upload.
- `service` takes files in and lets them go; `attachments` ties them to customers; `room` counts their bytes.
- `processing` makes thumbnails and takes metadata out, in `picture_worker`, a process of its own.
- `links` signs addresses, `routes` serves what they open; `reconcile` finds what was left behind.
"""
