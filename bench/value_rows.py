"""Rows of bench/collection_rows.py for what strings and sorted sets are used for.

Bits of strings, counts of different elements and places; written as the rows there are.
"""

from __future__ import annotations

from typing import Any

MIB = 65_536  # values of 16 bytes

# A place anywhere on earth but at its ends; with 100,000 of them a circle of 200 km holds about 25.
PLACE = "{r%359-179}.{n%997} {r//359%160-80}.{n%991}"
CENTRE = "{r%300-150}.{n%997} {r//300%120-60}.{n%991}"

VALUE_DATA: dict[str, list[tuple[str, int]]] = {
    "bits": [("APPEND bits value:{n:010}", MIB), ("APPEND other {n:08}:{r:07}", MIB)],
    "zeros": [("SETBIT zeros 8388607 1", 1)],
    "fields": [("SETRANGE fields 999 x", 1)],
    "short bits": [("SET a value:{n:090}", 1), ("SET b other:{n:094}", 1)],
    "sparse": [("PFADD sparse:{k} 20*(element:{m})", 10_000)],
    "dense": [
        ("PFADD dense 1000*(element:{m})", 50),
        ("PFADD other 1000*(other:{m})", 50),
        ("PFADD a 100*(element:{m})", 1),
        ("PFADD b 100*(other:{m})", 1),
    ],
    "places": [(f"GEOADD places 1000*({PLACE} member:{{n:07}})", 100)],
}

BITMAPS: list[tuple[Any, ...]] = [
    ("SETBIT bits {r} 1", "bits"),
    ("SETBIT short:{k} {h} 1", "", "SETBIT, short strings"),
    ("GETBIT bits {r}", "bits"),
    ("BITCOUNT bits", "bits", "BITCOUNT 1 MiB", 2_000),
    ("BITCOUNT bits 5 8388000 BIT", "bits", "BITCOUNT 1 MiB BIT", 2_000),
    ("BITCOUNT bits 1000 1999", "bits", "BITCOUNT 1,000 bytes"),
    ("BITPOS zeros 1", "zeros", "BITPOS 1 MiB", 2_000),
    ("BITPOS bits 1 1000", "bits", "BITPOS, found at once"),
    ("BITOP AND d bits other", "bits", "BITOP AND 1 MiB", 1_000),
    ("BITOP OR d bits other", "bits", "BITOP OR 1 MiB", 1_000),
    ("BITOP XOR d bits other bits", "bits", "BITOP XOR of three", 1_000),
    ("BITOP NOT d bits", "bits", "BITOP NOT 1 MiB", 1_000),
    ("BITOP AND d:{k} a b", "short bits", "BITOP AND 100 bytes", 50_000),
    ("BITFIELD fields INCRBY u8 #{h} 1", "fields", "BITFIELD INCRBY"),
    ("BITFIELD fields GET u5 {h} SET i16 {h} 7 INCRBY u8 #{i} 1", "fields", "BITFIELD of three"),
    ("BITFIELD_RO fields GET u8 #{h}", "fields", "BITFIELD_RO"),
]

COUNTS: list[tuple[Any, ...]] = [
    ("PFADD new:{n} element:{m}", "", "PFADD, new keys"),
    ("PFADD sparse:{k} element:{m}", "sparse", "PFADD, sparse"),
    ("PFADD dense element:{m}", "dense", "PFADD, dense"),
    ("PFADD dense 10*(element:{m})", "dense", "PFADD 10, dense", 20_000),
    ("PFCOUNT dense", "dense", "PFCOUNT, kept"),
    ("PFCOUNT dense other", "dense", "PFCOUNT of two, dense", 10_000),
    ("PFCOUNT a b", "dense", "PFCOUNT of two, sparse", 10_000),
    ("PFMERGE d dense other", "dense", "PFMERGE, dense", 5_000),
    ("PFMERGE d:{k} a b", "dense", "PFMERGE, sparse", 5_000),
]

GEO: list[tuple[Any, ...]] = [
    (f"GEOADD new {PLACE} member:{{m}}", "", "GEOADD"),
    (f"GEOADD places {PLACE} member:{{m}}", "places", "GEOADD, moved"),
    ("GEOPOS places member:{m}", "places"),
    ("GEOHASH places member:{m}", "places"),
    ("GEODIST places member:{m} member:00{h}00 km", "places", "GEODIST", 50_000),
    (f"GEOSEARCH places FROMLONLAT {CENTRE} BYRADIUS 200 km", "places", "GEOSEARCH 200 km", 20_000),
    (
        f"GEOSEARCH places FROMLONLAT {CENTRE} BYRADIUS 1000 km COUNT 10",
        "places",
        "GEOSEARCH, 10 nearest in 1,000 km",
        2_000,
    ),
    (
        f"GEOSEARCH places FROMLONLAT {CENTRE} BYRADIUS 1000 km ASC WITHDIST",
        "places",
        "GEOSEARCH 1,000 km ASC WITHDIST",
        2_000,
    ),
    (
        f"GEOSEARCH places FROMLONLAT {CENTRE} BYBOX 400 400 km ASC WITHCOORD",
        "places",
        "GEOSEARCH BYBOX WITHCOORD",
        20_000,
    ),
    (
        "GEOSEARCH places FROMMEMBER member:{m} BYRADIUS 200 km ASC",
        "places",
        "GEOSEARCH FROMMEMBER",
        20_000,
    ),
    (
        f"GEOSEARCHSTORE d places FROMLONLAT {CENTRE} BYRADIUS 200 km",
        "places",
        "GEOSEARCHSTORE",
        10_000,
    ),
    ("GEORADIUSBYMEMBER places member:{m} 200 km", "places", "GEORADIUSBYMEMBER", 20_000),
]
