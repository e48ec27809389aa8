"""Reads and writes DSSE envelopes with the reference libraries (securesystemslib, in-toto-attestation).

    dsse_interop.py verify PUBLIC_KEY_BASE64 KEY_ID < envelope    prints the payload's SHA-256
    dsse_interop.py sign SEED_BASE64 KEY_ID < payload             prints an envelope

Exit code 1: the envelope does not verify, or its payload is no in-toto Statement v1.
"""

import base64
import hashlib
import json
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1 import statement_pb2
from google.protobuf import json_format
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"


def public_key(raw: bytes, key_id: str) -> SSlibKey:
    return SSlibKey(key_id, "ed25519", "ed25519", {"public": raw.hex()})


def verify(envelope_bytes: bytes, public_key_base64: str, key_id: str) -> str:
    envelope = Envelope.from_dict(json.loads(envelope_bytes))
    envelope.verify([public_key(base64.b64decode(public_key_base64), key_id)], 1)
    if envelope.payload_type != PAYLOAD_TYPE:
        raise ValueError(envelope.payload_type)
    statement = json_format.Parse(envelope.payload, statement_pb2.Statement(), ignore_unknown_fields=False)
    Statement.copy_from_pb(statement).validate()
    return hashlib.sha256(envelope.payload).hexdigest()


def sign(payload: bytes, seed_base64: str, key_id: str) -> str:
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(seed_base64))
    signer = CryptoSigner(private, public_key(private.public_key().public_bytes_raw(), key_id))
    envelope = Envelope(payload, PAYLOAD_TYPE, {})
    envelope.sign(signer)
    return json.dumps(envelope.to_dict())


def main() -> int:
    mode, key, key_id = sys.argv[1:4]
    try:
        content = sys.stdin.buffer.read()
        print(verify(content, key, key_id) if mode == "verify" else sign(content, key, key_id))
    except (ValueError, VerificationError, json_format.ParseError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
