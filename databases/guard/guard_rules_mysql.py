"""The guard's allow-list for MariaDB and MySQL."""

from __future__ import annotations

from typing import Any

from sqlglot import TokenType, exp
from sqlglot.dialects.mysql import MySQL
from sqlglot.generator import Generator

from cairn.databases.guard.guard_dialects import (
    WRITTEN,
    MySQLIntervals,
    Plus,
    WrittenBrackets,
    parse_hexadecimal,
    parse_plus,
    plus_sql,
)
from cairn.databases.guard.guard_rules import NODES, NUMBERS, TEXTS, Rules, parts

_FUNCTIONS = """
    abs acos adddate addtime ascii asin atan atan2 avg bin bit_and bit_count bit_length bit_or bit_xor cast ceil
    ceiling char char_length character_length chr coalesce concat concat_ws conv convert_tz cos cot count crc32
    cume_dist curdate current_date current_time current_timestamp curtime date date_add date_format date_sub
    datediff day dayname dayofmonth dayofweek dayofyear degrees dense_rank elt exp export_set extractvalue field
    find_in_set first_value floor format from_base64 from_days from_unixtime greatest group_concat hex hour if
    ifnull insert instr isnull json_array json_arrayagg json_compact json_contains json_contains_path json_depth
    json_detailed json_exists json_extract json_keys json_length json_loose json_merge_patch json_merge_preserve
    json_normalize json_object json_objectagg json_overlaps json_pretty json_query json_quote json_search json_set
    json_type json_unquote json_valid json_value lag last_day last_value lcase lead least left length lengthb ln
    locate log log10 log2 lower lpad ltrim make_set makedate maketime max md5 median microsecond mid min minute mod
    month monthname natural_sort_key now nth_value ntile nullif nvl nvl2 oct octet_length ord percent_rank
    percentile_cont percentile_disc period_add period_diff pi position pow power quarter quote radians rand rank
    regexp_instr regexp_like regexp_replace regexp_substr repeat replace reverse right round row row_number rpad
    rtrim sec_to_time second sha sha1 sha2 sign sin soundex space sqrt std stddev stddev_pop stddev_samp str_to_date
    strcmp subdate substr substring substring_index subtime sum sysdate tan time time_format time_to_sec timediff
    timestamp timestampadd timestampdiff to_base64 to_char to_days to_seconds trim trunc truncate ucase unhex
    unix_timestamp upper utc_date utc_time utc_timestamp uuid var_pop var_samp variance week weekday weekofyear year
    yearweek inet_aton inet_ntoa inet6_aton inet6_ntoa is_ipv4 is_ipv6 any_value grouping add_months date_diff
    to_number chr instr ucase localtime localtimestamp bit_xor
"""
_WORDS = """
    microsecond second minute hour day week month quarter year second_microsecond minute_microsecond minute_second
    hour_microsecond hour_second hour_minute day_microsecond day_second day_minute day_hour year_month
    sql_tsi_second sql_tsi_minute sql_tsi_hour sql_tsi_day sql_tsi_week sql_tsi_month sql_tsi_quarter sql_tsi_year
    binary utf8 utf8mb3 utf8mb4 latin1 ascii ucs2 utf16 utf32 gbk gb2312 big5
    utf8_general_ci utf8_bin utf8_unicode_ci utf8mb3_general_ci utf8mb3_bin utf8mb4_general_ci utf8mb4_bin
    utf8mb4_unicode_ci utf8mb4_unicode_520_ci utf8mb4_0900_ai_ci utf8mb4_0900_as_cs utf8mb4_uca1400_ai_ci
    utf8mb4_uca1400_as_cs latin1_swedish_ci latin1_general_ci latin1_general_cs latin1_bin
"""
_UNIT_FIRST = frozenset({"timestampdiff", "timestampadd"})
_KEPT_PARSERS = ("CAST", "CONVERT", "EXTRACT", "SUBSTRING", "TRIM", "POSITION", "GROUP_CONCAT", "MATCH", "JSON_TABLE")
_TYPE = exp.DType
_TYPES = frozenset(
    {
        *(*NUMBERS, *TEXTS, _TYPE.DATE, _TYPE.DATETIME, _TYPE.TIME, _TYPE.TIMESTAMP, _TYPE.TIMESTAMPTZ, _TYPE.YEAR),
        *(_TYPE.UBIGINT, _TYPE.UINT, _TYPE.UDECIMAL, _TYPE.UDOUBLE, _TYPE.BINARY, _TYPE.VARBINARY, _TYPE.JSON),
        _TYPE.CHARACTER_SET,
    }
)


def _regexp(generator: Generator, node: exp.RegexpLike) -> str:
    return generator.binary(node, "REGEXP")


def _hexadecimal(_generator: Generator, node: exp.HexString) -> str:
    return f"0x{node.this}" if node.args.get("is_integer") else f"x'{node.this}'"


def _json_extract(generator: Generator, node: exp.Binary) -> str:
    return generator.func("JSON_EXTRACT", node.this, node.expression)


def _json_text(generator: Generator, node: exp.Binary) -> str:
    return f"JSON_UNQUOTE({_json_extract(generator, node)})"


class GuardedMySQL(MySQL):
    """MariaDB and MySQL, whose calls stay as they were written."""

    class Parser(MySQLIntervals, WrittenBrackets, MySQL.Parser):
        UNARY_PARSERS = MySQL.Parser.UNARY_PARSERS | {TokenType.PLUS: parse_plus}
        PRIMARY_PARSERS = MySQL.Parser.PRIMARY_PARSERS | {TokenType.HEX_STRING: parse_hexadecimal}
        FUNCTIONS: dict[str, Any] = {}  # noqa: RUF012 (sqlglot's own idiom)
        FUNCTION_PARSERS = {name: MySQL.Parser.FUNCTION_PARSERS[name] for name in _KEPT_PARSERS}  # noqa: RUF012

        def _parse_not(self) -> exp.Expr:
            node = super()._parse_not()
            node.meta[WRITTEN] = True  # the brackets of `!x`
            return node

    def to_json_path(self, path: exp.Expr | None) -> exp.Expr | None:
        """The path of `->` and `->>` as it was written."""
        return path

    class Generator(MySQL.Generator):
        TRANSFORMS = MySQL.Generator.TRANSFORMS | {  # what MariaDB has no other words for
            Plus: plus_sql,
            exp.RegexpLike: _regexp,
            exp.HexString: _hexadecimal,
            exp.JSONExtract: _json_extract,
            exp.JSONExtractScalar: _json_text,
        }


def _prepare(tree: exp.Expr) -> None:
    """Units as words and not as columns; FROM dual is nothing; neighbouring strings are one."""
    for node in list(tree.walk()):
        if isinstance(node, exp.Anonymous) and str(node.this).lower() in _UNIT_FIRST and node.expressions:
            unit = node.expressions[0]
            if isinstance(unit, exp.Column) and not unit.table:
                unit.replace(exp.Var(this=unit.name))
        elif isinstance(node, exp.From) and isinstance(node.this, exp.Table) and node.this.name.lower() == "dual":
            node.pop()
        elif isinstance(node, exp.Concat) and all(isinstance(part, exp.Literal) for part in node.expressions):
            node.replace(exp.Literal.string("".join(part.this for part in node.expressions)))
        elif isinstance(node, exp.National):
            node.replace(exp.Literal.string(node.this))
        elif isinstance(node, exp.LimitOptions) and not node.args.get("with_ties") and not node.args.get("percent"):
            _as_limit(node.parent)


def _as_limit(fetch: exp.Expr | None) -> None:
    """`FETCH FIRST 3 ROWS ONLY`, which newer servers have beside LIMIT."""
    if isinstance(fetch, exp.Fetch):
        fetch.replace(exp.Limit(expression=fetch.args.get("count") or exp.Literal.number(1)))


RULES = Rules(
    dialect=GuardedMySQL,
    title="MariaDB",
    functions=frozenset(_FUNCTIONS.split()),
    types=_TYPES,
    nodes=NODES
    | {
        *(exp.RegexpLike, exp.Interval, exp.Extract, exp.Substring, exp.StrPosition, exp.Trim, exp.GroupConcat),
        *(exp.IntDiv, exp.Xor, exp.BitwiseXor, exp.Rollup, exp.JSONExtract, exp.JSONExtractScalar, exp.MatchAgainst),
        *(
            exp.BitString,
            exp.Localtime,
            exp.Localtimestamp,
            exp.Soundex,
            exp.WithinGroup,
            exp.CharacterSet,
            exp.Chr,
            exp.Any,
            exp.All,
        ),
        *(exp.Concat, exp.JSONTable, exp.JSONSchema, exp.JSONColumnDef),
    },
    parts=parts(
        {
            exp.Group: "expressions rollup",
            exp.Extract: "this expression",
            exp.RegexpLike: "this expression",
            exp.DataType: "this expressions nested kind",
            exp.Concat: "expressions safe coalesce",
            exp.JSONTable: "this schema path",
            exp.JSONSchema: "expressions",
            exp.JSONColumnDef: "this kind path ordinality",
        }
    ),
    hint="Cast to SIGNED, DECIMAL, DOUBLE, CHAR, DATE, DATETIME or TIME.",
    words=frozenset(_WORDS.split()),
    prepare=_prepare,
    stored_names=True,
)
