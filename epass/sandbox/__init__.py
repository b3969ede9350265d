"""A local stand-in for the media endpoint, for tests, demonstrations and dry runs.

It is the second witness: it checks each request by itself, from the endpoint's documentation,
and shares no code with the client. Loopback only; what is uploaded stays in memory.
"""

from epass.sandbox.app import RequestLine, Sandbox, StoredMedia
from epass.sandbox.faults import FAULTS, Fault
from epass.sandbox.server import serve

__all__ = ["FAULTS", "Fault", "RequestLine", "Sandbox", "StoredMedia", "serve"]
