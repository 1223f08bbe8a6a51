"""The guard's allow-list for PostgreSQL."""

from __future__ import annotations

import re
from typing import Any

from sqlglot import TokenType, exp
from sqlglot.dialects.postgres import Postgres
from sqlglot.generator import Generator
from sqlglot.parser import build_json_extract, build_json_extract_scalar

from cairn.databases.connections.postgres_aggregates import GATHERING
from cairn.databases.guard.guard_dialects import (
    Plus,
    PostgresIntervals,
    WrittenBrackets,
    parse_hexadecimal,
    parse_not,
    parse_plus,
    plus_sql,
)
from cairn.databases.guard.guard_rules import NODES, NUMBERS, TEXTS, Rules, parts

_FUNCTIONS = """
    abs acos acosd acosh age any_value array array_agg array_append array_cat array_dims array_length array_lower
    array_ndims array_position array_positions array_prepend array_remove array_replace array_to_json
    array_to_string array_upper ascii asin asind asinh atan atan2 atan2d atand atanh avg bit_and bit_count
    bit_length bit_or bit_xor bool_and bool_or btrim cardinality cbrt ceil ceiling char_length character_length chr
    clock_timestamp coalesce concat concat_ws corr cos cosd cosh cot cotd count covar_pop covar_samp cume_dist date
    date_bin date_part date_trunc degrees dense_rank div ends_with every exp extract first_value floor format gcd
    greatest grouping hashtext initcap isfinite json_agg json_array_length json_build_array json_build_object
    json_extract_path json_extract_path_text json_object json_object_agg json_strip_nulls json_typeof jsonb_agg
    jsonb_array_length jsonb_build_array jsonb_build_object jsonb_extract_path jsonb_extract_path_text jsonb_object
    jsonb_object_agg jsonb_path_exists jsonb_path_match jsonb_path_query_array jsonb_path_query_first jsonb_pretty
    jsonb_set jsonb_insert jsonb_strip_nulls jsonb_typeof justify_days justify_hours justify_interval lag last_value
    lcm lead least left length ln log log10 lower lpad ltrim make_date make_interval make_time make_timestamp
    make_timestamptz max md5 min min_scale mod mode now nth_value ntile nullif num_nonnulls num_nulls numeric
    octet_length percent_rank percentile_cont percentile_disc pi position power pow quote_ident quote_literal
    quote_nullable radians random range_agg rank regexp_count regexp_instr regexp_like regexp_match regexp_matches
    regexp_replace regexp_split_to_array regexp_split_to_table regexp_substr regr_avgx regr_avgy regr_count
    regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy repeat replace reverse right round row row_number
    rpad rtrim scale sha256 sign sin sind sinh split_part sqrt starts_with statement_timestamp stddev stddev_pop
    stddev_samp string_agg string_to_array strpos substr substring sum tan tand tanh text time timeofday timestamp
    timestamptz to_ascii to_char to_date to_hex to_json to_jsonb to_number to_timestamp transaction_timestamp
    translate trim trim_array trim_scale trunc unistr upper lower_inc lower_inf upper_inc upper_inf isempty var_pop
    var_samp variance width_bucket generate_series generate_subscripts json_array_elements json_array_elements_text
    json_each json_each_text json_object_keys jsonb_array_elements jsonb_array_elements_text jsonb_each
    jsonb_each_text jsonb_object_keys jsonb_path_query string_to_table unnest encode decode convert_from
    gen_random_uuid int4range int8range numrange daterange tsrange tstzrange to_tsvector to_tsquery plainto_tsquery
    phraseto_tsquery websearch_to_tsquery ts_rank ts_rank_cd host family masklen network broadcast
"""
_EACH = ("key", "value")
_TABLE_FUNCTIONS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("json_each", "jsonb_each", "json_each_text", "jsonb_each_text"), _EACH),
    **dict.fromkeys(
        (
            *("json_array_elements", "jsonb_array_elements"),
            *("json_array_elements_text", "jsonb_array_elements_text"),
        ),
        ("value",),
    ),
    **dict.fromkeys(
        (
            *("generate_series", "generate_subscripts", "json_object_keys", "jsonb_object_keys", "jsonb_path_query"),
            *("regexp_matches", "regexp_split_to_table", "string_to_table", "unnest"),
        ),
        (),
    ),
    **dict.fromkeys(("json_to_recordset", "jsonb_to_recordset", "json_to_record", "jsonb_to_record"), ()),
}

_WORDS = """
    year years month months day days hour hours minute minutes second seconds week weeks quarter quarters decade decades
    century centuries millennium millenniums microsecond microseconds millisecond milliseconds
    dow doy epoch isodow isoyear julian timezone timezone_hour timezone_minute
    secs mins
"""
_TYPE = exp.DType
_TYPES = frozenset(
    {
        *(*NUMBERS, *TEXTS, _TYPE.DATE, _TYPE.TIME, _TYPE.TIMETZ, _TYPE.TIMESTAMP, _TYPE.TIMESTAMPTZ),
        *(_TYPE.TIMESTAMPNTZ, _TYPE.INTERVAL, _TYPE.JSON, _TYPE.JSONB, _TYPE.UUID, _TYPE.ARRAY, _TYPE.VARBINARY),
        *(_TYPE.INET, _TYPE.MONEY, _TYPE.BIT, _TYPE.INT4RANGE, _TYPE.INT8RANGE, _TYPE.NUMRANGE, _TYPE.DATERANGE),
        *(_TYPE.TSRANGE, _TYPE.TSTZRANGE, _TYPE.NAME, _TYPE.BPCHAR),
    }
)

# PostgreSQL's own reserved words (pg_get_keywords(), codes R and T): a column of such a name is written in quotes.
_RESERVED = """
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation
    column concurrently constraint create cross current_catalog current_date current_role current_schema current_time
    current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze
    from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit
    localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references
    returning right select session_user similar some symmetric system_user table tablesample then to trailing true union
    unique user using variadic verbose when where window with
    between bigint bit boolean char character coalesce dec decimal exists extract float greatest grouping inout int
    integer interval json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar
    json_serialize json_table json_value least merge_action national nchar none normalize nullif numeric out overlay
    position precision real row setof smallint substring time timestamp treat trim values varchar xmlattributes
    xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
"""
_KEPT_PARSERS = ("CAST", "EXTRACT", "SUBSTRING", "TRIM", "POSITION", "OVERLAY")


def _power(generator: Generator, node: exp.Pow) -> str:
    """`-2 ^ 2` is 4: where the minus belongs is left to PostgreSQL."""
    return generator.binary(node, "^")


class GuardedPostgres(Postgres):
    """PostgreSQL whose calls stay as they were written."""

    class Parser(PostgresIntervals, WrittenBrackets, Postgres.Parser):
        UNARY_PARSERS = Postgres.Parser.UNARY_PARSERS | {TokenType.PLUS: parse_plus, TokenType.NOT: parse_not}
        PRIMARY_PARSERS = Postgres.Parser.PRIMARY_PARSERS | {TokenType.HEX_STRING: parse_hexadecimal}
        FUNCTIONS: dict[str, Any] = {}  # noqa: RUF012 (sqlglot's own idiom)
        FUNCTION_PARSERS = {name: Postgres.Parser.FUNCTION_PARSERS[name] for name in _KEPT_PARSERS}  # noqa: RUF012
        LAMBDAS = {TokenType.FARROW: Postgres.Parser.LAMBDAS[TokenType.FARROW]}  # noqa: RUF012 (`f(j -> 'a')` is none)
        JSON_OPERATORS = Postgres.Parser.JSON_OPERATORS | {
            TokenType.ARROW: build_json_extract,
            TokenType.DARROW: build_json_extract_scalar,
        }

    def to_json_path(self, path: exp.Expr | None) -> exp.Expr | None:
        """The path of `->` and `->>` as it was written: `'a.b'` is one key."""
        return path

    class Generator(Postgres.Generator):
        RESERVED_KEYWORDS = set(_RESERVED.split())  # noqa: RUF012
        MULTI_ARG_DISTINCT = True
        TRANSFORMS = Postgres.Generator.TRANSFORMS | {exp.Pow: _power, Plus: plus_sql}


def _prepare(tree: exp.Expr) -> None:
    """Names without quotes in small letters, as PostgreSQL reads them; strings of other kinds as plain ones."""
    for node in list(tree.walk()):
        if isinstance(node, exp.Identifier):
            if not node.args.get("quoted"):
                node.set("this", node.this.lower())
            elif not re.fullmatch(r"[a-z_][a-z0-9_]*", node.this):
                continue
            elif node.this not in GuardedPostgres.Generator.RESERVED_KEYWORDS:
                node.set("quoted", False)
        elif isinstance(node, exp.RawString):
            node.replace(exp.Literal.string(node.this))
        elif isinstance(node, exp.ByteString) and re.fullmatch(r"(?:[^\\']|\\[nrt])*", node.this):
            text = node.this.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t")
            node.replace(exp.Literal.string(text))
        elif isinstance(node, exp.Limit) and node.expression.name.upper() == "ALL":
            node.pop()


RULES = Rules(
    dialect=GuardedPostgres,
    title="PostgreSQL",
    functions=frozenset(_FUNCTIONS.split()),
    types=_TYPES,
    nodes=NODES
    | {
        *(exp.DPipe, exp.ILike, exp.SimilarTo, exp.RegexpLike, exp.RegexpILike, exp.AtTimeZone, exp.Interval),
        *(exp.Array, exp.Any, exp.All, exp.Bracket, exp.Slice, exp.Extract, exp.Substring, exp.StrPosition, exp.Trim),
        *(exp.Overlay, exp.WithinGroup, exp.GroupingSets, exp.Rollup, exp.Cube, exp.Lateral, exp.Unnest, exp.ColumnDef),
        *(exp.JSONExtract, exp.JSONExtractScalar, exp.JSONBExtract, exp.JSONBExtractScalar, exp.JSONBContainsTopKey),
        *(exp.JSONBContainsAnyTopKeys, exp.JSONBContainsAllTopKeys, exp.ArrayContainsAll, exp.ArrayContainedBy),
        *(exp.ArrayOverlaps, exp.Fetch, exp.LimitOptions, exp.Localtime, exp.Localtimestamp, exp.Kwarg, exp.Pow),
        *(exp.BitwiseXor, exp.Overlaps, exp.BitString, exp.MatchAgainst),
    },
    parts=parts(
        {
            exp.Distinct: "expressions on",
            exp.Group: "expressions grouping_sets rollup cube",
            exp.Table: "this alias db joins ordinality",
            exp.Lateral: "this alias view ordinality",
            exp.Unnest: "expressions alias offset",
            exp.ColumnDef: "this kind",
            exp.LimitOptions: "rows with_ties",
            exp.Fetch: "direction count limit_options",
            exp.Extract: "this expression",
        }
    ),
    hint="Cast to integer, numeric, text, date, timestamp, interval, json, uuid or an array of these.",
    words=frozenset(_WORDS.split()),
    table_functions=_TABLE_FUNCTIONS,
    sized={"repeat": 1, "lpad": 1, "rpad": 1},
    gathering=GATHERING,
    format=re.compile(r"(?:[^%]|%(?:\d{1,2}\$)?-?\d{0,3}[sIL]|%%)*"),
    prepare=_prepare,
    stored_names=True,
)
