"""WhatsApp's Cloud API: what is kept of it. Who wrote lately, who was reached, templates, files that came in.

Sending is in `delivery/vendors/whatsapp`; what is here lies below campaigns, which ask it.
"""
