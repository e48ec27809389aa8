#!/usr/bin/env python3
"""Signatures of Ed25519 by class, each with whether it must be accepted: the table that Ed25519ClassTests reads.

Most of the bad ones satisfy the equation of some verifier that is less strict ("Taming the many EdDSAs", Chalkias,
Garillot and Nikolaenko, 2020): they are refused by rule and not by chance. Arithmetic as in RFC 8032, sections 5 and 6;
all numbers follow from fixed seeds. Usage: ed25519_classes.py >ed25519_classes.json
"""
import hashlib
import json

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
IDENTITY = (0, 1)


def add(first, second):
    (x1, y1), (x2, y2) = first, second
    product = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + product, P - 2, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - product, P - 2, P) % P
    return x, y


def multiply(scalar, point):
    result = IDENTITY
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def recover(y, odd):
    """The point with that y; None where there is none."""
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT % P
    if x * x % P != square:
        return None
    return (P - x if x & 1 != odd and x else x), y


def encode(point, y=None, odd=None):
    """The 32 bytes of a point, or those of another y or sign for it."""
    number = (point[1] if y is None else y) | ((point[0] & 1) if odd is None else odd) << 255
    return number.to_bytes(32, "little")


BASE = recover(4 * pow(5, P - 2, P) % P, 0)


def number(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


def challenge(r_bytes, a_bytes, message):
    return number(r_bytes, a_bytes, message) % L


class Key:
    def __init__(self, name):
        digest = hashlib.sha512(hashlib.sha256(name.encode()).digest()).digest()
        self.scalar = int.from_bytes(digest[:32], "little") & (2**254 - 8) | 2**254
        self.prefix = digest[32:]
        self.point = multiply(self.scalar, BASE)
        self.bytes = encode(self.point)

    def sign(self, message, domain=b""):
        r = number(domain, self.prefix, message) % L
        r_bytes = encode(multiply(r, BASE))
        h = number(domain, r_bytes, self.bytes, message) % L
        return r_bytes, (r + h * self.scalar) % L


def join(r_bytes, s):
    return r_bytes + s.to_bytes(32, "little")


def torsion():
    """The eight points of small order, by their order: multiples of a generator."""
    y = 2
    while True:
        point = recover(y, 0)
        candidate = multiply(L, point) if point else IDENTITY
        if multiply(4, candidate) != IDENTITY:
            return [multiply(index, candidate) for index in range(8)]
        y += 1


SMALL = torsion()
ORDERS = [1, 8, 4, 8, 2, 8, 4, 8]
rows = []


def row(name, key, message, signature, accepted=False):
    rows.append({"name": name, "public_key": key.hex(), "message": message.hex(), "signature": signature.hex(),
                 "accepted": accepted})


def messages(label):
    return (f"{label} {index}".encode() for index in range(4096))


robot, other = Key("robot"), Key("other")
message = b"episode"
r, s = robot.sign(message)

for length in (0, 1, 63, 64, 128, 1023):
    text = bytes(index % 251 for index in range(length))
    row(f"valid: {length} bytes", robot.bytes, text, join(*robot.sign(text)), True)

for name, scalar in {"S + L": s + L, "S + 2 L": s + 2 * L, "S + 7 L": s + 7 * L, "S with bit 255": s | 1 << 255,
                     "S with bit 253": s | 1 << 253, "S = L": L, "S = L - 1": L - 1, "S = 0": 0,
                     "S of ones": 2**256 - 1, "-S": L - s}.items():
    row(f"S: {name}", robot.bytes, message, join(r, scalar))

# R is the identity: S B = R + h A holds, in canonical form and in the others that decode to it.
forms = {"canonical": encode(IDENTITY), "y + p": encode(IDENTITY, y=P + 1), "the other sign": encode(IDENTITY, odd=1),
         "y + p, the other sign": encode(IDENTITY, P + 1, 1)}
for name, r_bytes in forms.items():
    scalar = challenge(r_bytes, robot.bytes, message) * robot.scalar % L
    row(f"R: the identity, {name}", robot.bytes, message, join(r_bytes, scalar))
for index in range(1, 8):
    r_bytes = encode(SMALL[index])
    scalar = challenge(r_bytes, robot.bytes, message) * robot.scalar % L
    row(f"R: of order {ORDERS[index]}, {index}, holds times eight", robot.bytes, message, join(r_bytes, scalar))
for index in (1, 2, 4):
    nonce = number(b"nonce", bytes([index])) % L
    r_bytes = encode(add(multiply(nonce, BASE), SMALL[index]))
    scalar = (nonce + challenge(r_bytes, robot.bytes, message) * robot.scalar) % L
    row(f"R: mixed with order {ORDERS[index]}, holds times eight", robot.bytes, message, join(r_bytes, scalar))
row("R: not on the curve", robot.bytes, message, join((2).to_bytes(32, "little"), s))
row("R: the other sign", robot.bytes, message, join(r[:31] + bytes([r[31] ^ 0x80]), s))
row("R: zeros", robot.bytes, message, join(bytes(32), s))
row("R: ones", robot.bytes, message, join(b"\xff" * 32, s))

# A of small order signs for anybody: S B = R + h A with R = S B - h A.
forms = [(f"of order {ORDERS[index]}, {index}", point, encode(point)) for index, point in enumerate(SMALL)]
for point in (SMALL[0], SMALL[4]):
    forms.append(("the other sign of x = 0, y = %d" % (1 if point[1] == 1 else -1), point, encode(point, odd=1)))
for point in (SMALL[0], SMALL[2], SMALL[6]):
    for odd in (0, 1):
        forms.append((f"y + p, y = {point[1]}, sign {odd}", recover(point[1], odd), encode(point, point[1] + P, odd)))
for name, point, a_bytes in forms:
    for scalar in (0, 12345):
        for text in messages(name):
            found = False
            for multiple in range(8):
                r_point = add(multiply(scalar, BASE), multiply(multiple, point))
                h = challenge(encode(r_point), a_bytes, text)
                if multiply(h % 8 + multiple, point) == IDENTITY:
                    row(f"A: {name}, S = {scalar}", a_bytes, text, join(encode(r_point), scalar))
                    found = True
                    break
            if found:
                break
for y in range(2, 19):
    if recover(y, 0):
        row(f"A: y = {y} as y + p", (P + y).to_bytes(32, "little"), message, join(r, s))
row("A: not on the curve", (2).to_bytes(32, "little"), message, join(r, s))
row("A: zeros", bytes(32), message, join(r, s))
row("A: ones", b"\xff" * 32, message, join(r, s))
row("A: the other sign", robot.bytes[:31] + bytes([robot.bytes[31] ^ 0x80]), message, join(r, s))
row("A: zeros, and the signature", bytes(32), message, bytes(64))

# A with a part of small order: taken where the equation holds as it is, refused where only its eightfold does.
for index in (1, 2, 4):
    a_bytes = encode(add(robot.point, SMALL[index]))
    wanted = {True: None, False: None}
    for text in messages(f"mixed {index}"):
        nonce = number(b"mixed", text) % L
        r_bytes = encode(multiply(nonce, BASE))
        h = challenge(r_bytes, a_bytes, text)
        holds = multiply(h % 8, SMALL[index]) == IDENTITY
        if wanted[holds] is None:
            wanted[holds] = join(r_bytes, (nonce + h * robot.scalar) % L)
            what = "holds" if holds else "holds times eight"
            row(f"A: mixed with order {ORDERS[index]}, {what}", a_bytes, text, wanted[holds], holds)
        if all(wanted.values()):
            break

whole = join(r, s)
for length in (0, 1, 31, 32, 33, 63):
    row(f"length: {length} bytes", robot.bytes, message, whole[:length])
row("length: 65 bytes", robot.bytes, message, whole + b"\0")
row("length: 128 bytes", robot.bytes, message, whole + whole)
row("length: a key of 31 bytes", robot.bytes[:31], message, whole)
row("length: a key of 33 bytes", robot.bytes + b"\0", message, whole)
row("length: no key", b"", message, whole)
row("zeros: the signature", robot.bytes, message, bytes(64))
row("zeros: R", robot.bytes, message, bytes(32) + whole[32:])
row("wrong: another key", other.bytes, message, whole)
row("wrong: another message", robot.bytes, b"episodf", whole)
row("wrong: a longer message", robot.bytes, message + b"\0", whole)
row("wrong: halves exchanged", robot.bytes, message, whole[32:] + whole[:32])
row("wrong: big-endian", robot.bytes, message, whole[:32][::-1] + whole[32:][::-1])
row("wrong: R of another signature", robot.bytes, message, join(robot.sign(b"another")[0], s))
row("wrong: S of another signature", robot.bytes, message, join(r, robot.sign(b"another")[1]))
prefix = b"SigEd25519 no Ed25519 collisions"
row("context: Ed25519ctx, none", robot.bytes, message, join(*robot.sign(message, prefix + b"\0\0")))
row("context: Ed25519ctx, foo", robot.bytes, message, join(*robot.sign(message, prefix + b"\0\x03foo")))
hashed = hashlib.sha512(message).digest()
row("context: Ed25519ph", robot.bytes, message, join(*robot.sign(hashed, prefix + b"\x01\0")))
row("context: Ed25519 of the hash", robot.bytes, message, join(*robot.sign(hashed)))

print("[\n" + ",\n".join(json.dumps(entry) for entry in rows) + "\n]")
