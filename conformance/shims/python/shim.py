#!/usr/bin/env python3
"""Example shim for driver protocol 1: CRC-16 and CRC-8 of the Sigfox radio (sigfox-radio, sections 8 and 15).

Try it:  comet-conformance run --flag Crc -- python3 shim.py
"""

import json
import sys


class Refused(Exception):
    """An op refuses its input: the code of the ops catalogue, and members such as offset."""

    def __init__(self, code, **members):
        super().__init__(code)
        self.error = {"code": code, **members}


def crc16(data):
    """Polynomial 0x1021, initial value 0, not reflected, final XOR 0xffff; big-endian."""
    crc = 0
    for octet in data:
        crc ^= octet << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return (crc ^ 0xFFFF).to_bytes(2, "big")


def crc8(data):
    """Polynomial 0x2f, initial value 0, not reflected, no final XOR."""
    crc = 0
    for octet in data:
        crc ^= octet
        for _ in range(8):
            crc = (crc << 1 ^ 0x2F if crc & 0x80 else crc << 1) & 0xFF
    return bytes([crc])


def octets(members, name):
    """Octets are lower-case hexadecimal text on the wire."""
    text = members.get(name)
    if not isinstance(text, str):
        raise Refused("bad-input", message=f"member {name}: hex wanted")
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise Refused("bad-input", message=f"member {name}: hex wanted") from None


# One entry for each op: from the members of `in` to the members of `ok`, or Refused.
OPS = {
    "sigfox.crc16": lambda members: {"crc": crc16(octets(members, "data")).hex()},
    "sigfox.crc8": lambda members: {"crc": crc8(octets(members, "data")).hex()},
}


def answer(request):
    command = request.get("cmd")
    if command == "hello":
        return {
            "protocol": 1,
            "name": "python-example",
            "version": "1.0.0",
            "language": "python " + sys.version.split()[0],
            "ops": sorted(OPS),
        }
    if command == "close":
        return {"ok": {}}
    op = OPS.get(request.get("op"))
    if op is None:
        return {"skip": "op not offered"}  # never an error, never an exit
    try:
        return {"ok": op(request.get("in", {}))}
    except Refused as refused:
        return {"err": refused.error}
    except Exception as error:  # a fault of this program, not of the input
        return {"err": {"code": "internal", "message": repr(error)}}


def main():
    # Not the locale's encoding, and no translation of line ends.
    sys.stdin.reconfigure(encoding="utf-8", newline="\n")
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    for line in sys.stdin:
        request = json.loads(line)
        if request.get("cmd") == "bye":
            return
        print(json.dumps({"seq": request["seq"], **answer(request)}), flush=True)


if __name__ == "__main__":
    main()
