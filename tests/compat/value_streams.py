"""Random commands on what strings and sorted sets are used for: bits, counts, places."""

from __future__ import annotations

import random

from tests.compat import streams
from tests.compat.streams import INTEGERS, KEYS, ODD, Command, Template, mostly, pick, word

BKEYS = [b"b0", b"b1", b"b2", b"b3", b"k0", b"missing"]
bkey = mostly(BKEYS, KEYS)
bits = pick(
    [b"\x00", b"\xff", b"\x80\x01", b"\xff" * 9, b"\x00" * 70, b"\xaa\x55" * 40, b"12", b""]
)
# Small ones, so that strings stay short and meet; the largest one would make half a gigabyte.
bit_offset = mostly(
    [b"0", b"1", b"7", b"8", b"13", b"31", b"63", b"64", b"100", b"700"],
    [b"4294967296", b"-1", b"#1", b"9223372036854775807", b"9223372036854775808"],
    ODD,
)
field_offset = mostly(
    [b"0", b"1", b"5", b"8", b"60", b"100", b"#0", b"#1", b"#7", b"#20"],
    [b"4294967296", b"-1", b"#-1", b"#x", b"##1", b"#"],
    ODD,
)
field_type = mostly(
    [b"u1", b"i1", b"u2", b"i5", b"u8", b"i8", b"u16", b"i31", b"i33", b"u63", b"i64"],
    [b"u64", b"i65", b"u0", b"i0", b"i-1", b"8", b"x8", b"u", b"U8", b"u08"],
    ODD[:3],
)
edge = mostly(
    [b"0", b"1", b"2", b"7", b"8", b"60", b"-1", b"-2", b"-8", b"-60", b"1000", b"-1000"],
    INTEGERS,
    ODD,
)
bit = mostly([b"0", b"1"], [b"2", b"-1"], ODD)
unit = word("BYTE", "BIT", "BIT", "BITE")
number = mostly([b"0", b"1", b"-1", b"3", b"100", b"-129", b"255", b"300"], INTEGERS, ODD)
overflow = word("WRAP", "SAT", "FAIL", "FAIL", "SAT", "NONE")


def field_steps(rng: random.Random) -> list[bytes]:
    """Make what a BITFIELD does."""
    words: list[bytes] = []
    for _ in range(rng.randint(0, 5)):
        what = rng.randrange(5)
        if what == 0:
            words += [b"OVERFLOW", overflow(rng)]
        elif what == 1:
            words += [b"GET", field_type(rng), field_offset(rng)]
        else:
            name = b"SET" if what == 2 else b"incrby"
            words += [name, field_type(rng), field_offset(rng), number(rng)]
    return words


def field_reads(rng: random.Random) -> list[bytes]:
    """Make what a BITFIELD_RO does, with a write now and then."""
    if rng.random() < 0.1:
        return field_steps(rng)
    count = rng.randint(0, 4)
    return [part for _ in range(count) for part in (b"get", field_type(rng), field_offset(rng))]


BIT_TEMPLATES: list[Template] = [
    ("SET", [bkey, bits], 0, None, 8),
    ("SETBIT", [bkey, bit_offset, bit], 0, None, 14),
    ("GETBIT", [bkey, bit_offset], 0, None, 6),
    ("BITCOUNT", [bkey], 0, None, 3),
    ("BITCOUNT", [bkey, edge, edge], 0, None, 5),
    ("BITCOUNT", [bkey, edge, edge, unit], 0, None, 8),
    ("BITPOS", [bkey, bit], 0, None, 3),
    ("BITPOS", [bkey, bit, edge], 0, None, 4),
    ("BITPOS", [bkey, bit, edge, edge], 0, None, 5),
    ("BITPOS", [bkey, bit, edge, edge, unit], 0, None, 8),
    ("BITOP", [word("AND", "OR", "XOR"), bkey, bkey], 3, None, 12),
    ("BITOP", [word("NOT", "NOT", "NAND"), bkey, bkey], 0, None, 4),
    ("BITFIELD", [bkey], 0, field_steps, 14),
    ("BITFIELD_RO", [bkey], 0, field_reads, 5),
]
# Values that PFADD makes, and some that nothing should make; element by element they grow alike on
# both servers, byte for byte, and become dense when they do.
COUNT_KEYS = [b"c0", b"c1", b"c2", b"k0", b"missing"]
ckey = mostly(COUNT_KEYS, KEYS)
HEADER = b"HYLL\x01" + b"\0" * 10 + b"\x80"
odd_count = pick(
    [
        *(
            HEADER + b"\x7f\xff",
            HEADER + b"\x7f\xff\0",
            HEADER + b"\x7f\xfe\x84",
            HEADER + b"\x40\x01",
        ),
        *(HEADER[:-1] + b"\0\x7f\xff", b"HYLL\x02" + HEADER[5:] + b"\x7f\xff", b"HYLL", HEADER),
        *(b"HYLL\0" + HEADER[5:] + b"\xff" * 12288),
    ]
)


def element(rng: random.Random) -> bytes:
    """Make one of few elements, or of many."""
    return b"e%d" % rng.randrange(rng.choice([10, 200, 100_000]))


def elements(rng: random.Random) -> list[bytes]:
    """Make elements, now and then so many that the value becomes dense."""
    count = rng.choice([0, 1, 1, 2, 3, 8, 8, 50, 800])
    return [element(rng) for _ in range(count)]


COUNT_TEMPLATES: list[Template] = [
    ("PFADD", [ckey], 0, elements, 20),
    ("PFCOUNT", [ckey], 0, None, 6),
    ("PFCOUNT", [ckey, ckey], 2, None, 5),
    ("PFMERGE", [ckey], 0, None, 1),
    ("PFMERGE", [ckey, ckey], 2, None, 5),
    ("PFDEBUG", [word("DECODE", "ENCODING", "TODENSE", "GETREG", "BOGUS"), ckey], 0, None, 2),
    ("SET", [ckey, odd_count], 0, None, 1),
    ("GET", [ckey], 0, None, 3),
    ("DEL", [ckey], 0, None, 1),
]

# Places. Of members that are equally far either server may answer any first, so that few are.
GKEYS = [b"g0", b"g1", b"k0", b"missing"]
gkey = mostly(GKEYS, KEYS)
PLACES = [b"p%d" % n for n in range(40)]
place = mostly(PLACES, streams.MEMBERS)


def degrees(limit: float) -> streams.Make:
    """Make numbers of degrees: near each other, anywhere, at the ends, or none."""

    def make(rng: random.Random) -> bytes:
        kind = rng.random()
        if kind < 0.45:
            return b"%.6f" % rng.uniform(10, 12)
        if kind < 0.9:
            return b"%.6f" % rng.uniform(-limit, limit)
        return rng.choice(
            [b"0", b"180", b"-180", b"85.05112878", b"90", b"x", b"1e400", b"nan", b""]
        )

    return make


longitude = degrees(180)
latitude = degrees(85)
length = mostly(
    [b"0", b"1", b"10", b"50.5", b"100", b"500", b"2000", b"10000"],
    [b"-1", b"x", b"nan", b"inf", b"1e10", b""],
)
length_unit = word("M", "KM", "KM", "KM", "MI", "FT", "KM", "YD")
order = word("ASC", "DESC")
# Without an order members come as the cells are walked, which differs between versions of Redis.
GEO_OPTIONS = streams.options(
    [word("WITHCOORD")],
    [word("WITHDIST")],
    [word("WITHHASH")],
    [word("COUNT"), streams.count],
    [word("BOGUS", "ANY", "STOREDIST")],
)
STORE_OPTIONS = streams.options(
    [word("COUNT"), streams.count], [word("STOREDIST")], [word("WITHDIST", "ANY", "BOGUS")]
)
RADIUS_OPTIONS = streams.options(
    [word("STORE", "STOREDIST"), gkey], [word("COUNT"), streams.count], [word("WITHDIST")]
)


def around(rng: random.Random) -> list[bytes]:
    """Make where a search begins and how far it goes, whole most of the time."""
    start = (
        [b"FROMMEMBER", place(rng)]
        if rng.random() < 0.5
        else [b"fromlonlat", longitude(rng), latitude(rng)]
    )
    shape = (
        [b"BYRADIUS", length(rng), length_unit(rng)]
        if rng.random() < 0.5
        else [b"bybox", length(rng), length(rng), length_unit(rng)]
    )
    parts = [start, shape, [order(rng)]]
    if rng.random() < 0.05:
        parts[rng.randrange(3)] = []
    if rng.random() < 0.3:
        rng.shuffle(parts)
    return [part for words in parts for part in words]


def search(rng: random.Random) -> list[bytes]:
    """Make what stands behind the key of a GEOSEARCH."""
    return around(rng) + GEO_OPTIONS(rng)


def stored_search(rng: random.Random) -> list[bytes]:
    """Make what stands behind the keys of a GEOSEARCHSTORE."""
    return around(rng) + STORE_OPTIONS(rng)


def places(rng: random.Random) -> list[bytes]:
    """Make options and places."""
    words = [rng.choice([b"NX", b"xx", b"CH"]) for _ in range(rng.choice([0, 0, 0, 0, 1, 2]))]
    for _ in range(rng.randint(1, 5)):
        words += [longitude(rng), latitude(rng), place(rng)]
    return words


GEO_TEMPLATES: list[Template] = [
    ("GEOADD", [gkey], 0, places, 24),
    ("GEOPOS", [gkey, place], 3, None, 4),
    ("GEOHASH", [gkey, place], 3, None, 4),
    ("GEODIST", [gkey, place, place], 0, None, 4),
    ("GEODIST", [gkey, place, place, length_unit], 0, None, 5),
    ("GEOSEARCH", [gkey], 0, search, 16),
    ("GEOSEARCHSTORE", [gkey, gkey], 0, stored_search, 8),
    ("GEORADIUS", [gkey, longitude, latitude, length, length_unit, order], 0, RADIUS_OPTIONS, 6),
    ("GEORADIUS_RO", [gkey, longitude, latitude, length, length_unit, order], 0, GEO_OPTIONS, 4),
    ("GEORADIUSBYMEMBER", [gkey, place, length, length_unit, order], 0, RADIUS_OPTIONS, 6),
    ("GEORADIUSBYMEMBER_RO", [gkey, place, length, length_unit, order], 0, GEO_OPTIONS, 4),
    ("ZADD", [gkey, streams.score, place], 0, None, 1),
    ("ZRANGE", [gkey, word("0"), word("-1"), word("WITHSCORES")], 0, None, 3),
]
TEMPLATES = BIT_TEMPLATES + COUNT_TEMPLATES + GEO_TEMPLATES
WEIGHTS = [template[4] for template in TEMPLATES]


def stream(seed: int, count: int) -> list[Command]:
    """Make `count` commands, some of them broken, and among them some of all kinds."""
    rng = random.Random(seed)
    made: list[Command] = []
    for _ in range(count):
        if rng.random() < 0.25:
            made.append(streams.one_command(rng))
            continue
        command = streams.from_template(rng, rng.choices(TEMPLATES, WEIGHTS)[0])
        if rng.random() < 0.06:
            command = streams.damage(rng, command)
        made.append(tuple(command))
    return made
