"""What is read from PostgreSQL's catalogs: the tables that the role may read, and what else it may do.

The parameters are $1: the schema's name.
"""

from __future__ import annotations

# Tables, views, materialized views and foreign tables; not partitions, nor what an extension brought.
TABLES = """
SELECT c.oid, c.relname, c.relkind, obj_description(c.oid, 'pg_class')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND (has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'))
  AND NOT EXISTS (SELECT FROM pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY c.oid
"""

# With the labels of an enum, also below a domain or an array.
COLUMNS = """
SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), t.typcategory,
  has_column_privilege(a.attrelid, a.attnum, 'SELECT'), nullif(concat_ws('; ', col_description(a.attrelid, a.attnum),
    (SELECT 'one of ' || string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e
      WHERE e.enumtypid IN (t.oid, t.typelem, t.typbasetype))), '')
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_type t ON t.oid = a.atttypid
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""

KEYS = """
SELECT k.conrelid, k.contype, a.attname, r.relname, b.attname
FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace
  CROSS JOIN LATERAL unnest(k.conkey) WITH ORDINALITY AS u(attnum, place)
  JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum
  LEFT JOIN pg_class r ON r.oid = k.confrelid AND r.relnamespace = k.connamespace
  LEFT JOIN pg_attribute b ON b.attrelid = r.oid AND b.attnum = k.confkey[u.place]
WHERE n.nspname = $1 AND k.contype IN ('p', 'f')
ORDER BY k.oid, u.place
"""

# What a view or a parent of others reads: relation and column (null: the whole relation, or a function of somebody's).
READS = """
SELECT r.ev_class, CASE WHEN n.nspname = $1 THEN c.relname ELSE n.nspname || '.' || c.relname END, a.attname
FROM pg_rewrite r JOIN pg_class v ON v.oid = r.ev_class AND v.relkind IN ('v', 'm')
  JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
    AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
  JOIN pg_class c ON c.oid = d.refobjid JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid AND a.attnum > 0
UNION ALL
SELECT r.ev_class, NULL, NULL
FROM pg_rewrite r JOIN pg_class v ON v.oid = r.ev_class AND v.relkind IN ('v', 'm')
WHERE pg_get_viewdef(r.ev_class) ~ '\\.\\*'
  OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
    AND d.refclassid = 'pg_proc'::regclass)
UNION ALL
SELECT i.inhparent, c.relname, a.attname
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid AND NOT c.relispartition
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
"""

# What changes when a table, a column, a comment or a privilege of the schema does.
STAMP = """
SELECT md5(string_agg(concat_ws(':', c.oid, c.xmin, c.relacl, (
    SELECT string_agg(concat_ws(':', a.attname, a.atttypid, a.attacl), ',' ORDER BY a.attnum)
    FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0)), ';' ORDER BY c.oid))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""

# One row per thing that a reader must not be able to do: what, of which object, and whether everybody (PUBLIC) can.
RIGHTS = """
SELECT 'is a superuser', NULL, false FROM pg_roles WHERE pg_has_role(oid, 'MEMBER') AND rolsuper
UNION SELECT 'may ' || what, NULL, false FROM pg_roles CROSS JOIN LATERAL (VALUES
    (rolcreaterole, 'create roles'), (rolcreatedb, 'create databases'), (rolreplication, 'replicate'),
    (rolbypassrls, 'bypass row security')) AS v(can, what)
  WHERE pg_has_role(oid, 'MEMBER') AND can
UNION SELECT 'is a member of', rolname, false FROM pg_roles
  WHERE pg_has_role(oid, 'MEMBER') AND rolname IN ('pg_read_server_files', 'pg_write_server_files',
    'pg_execute_server_program', 'pg_write_all_data', 'pg_signal_backend', 'pg_checkpoint', 'pg_maintain',
    'pg_create_subscription', 'pg_use_reserved_connections', 'pg_signal_autovacuum_worker', 'pg_database_owner')
UNION SELECT 'may create in the database', quote_ident(current_database()),
    has_database_privilege('public', current_database(), 'CREATE')
  WHERE has_database_privilege(current_database(), 'CREATE')
UNION SELECT 'may create in the schema', quote_ident(nspname), has_schema_privilege('public', oid, 'CREATE')
  FROM pg_namespace WHERE has_schema_privilege(oid, 'CREATE') AND nspname !~ '^pg_(toast_)?temp_'
UNION SELECT 'owns or may write to', format('%I.%I', n.nspname, c.relname),
    has_table_privilege('public', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
      OR has_any_column_privilege('public', c.oid, 'INSERT, UPDATE, REFERENCES')
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^(pg_|information_schema$)'
    AND (pg_has_role(c.relowner, 'MEMBER')
      OR has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
      OR has_any_column_privilege(c.oid, 'INSERT, UPDATE, REFERENCES'))
UNION SELECT 'may change the sequence', format('%I.%I', n.nspname, c.relname),
    CASE WHEN c.relkind = 'S' THEN has_sequence_privilege('public', c.oid, 'USAGE, UPDATE') END
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname !~ '^(pg_|information_schema$)'
    AND CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(c.oid, 'USAGE, UPDATE') END
UNION SELECT 'may call as its owner (SECURITY DEFINER)', format('%s %s', CASE p.prokind WHEN 'p' THEN 'PROCEDURE'
    ELSE 'FUNCTION' END, p.oid::regprocedure), has_function_privilege('public', p.oid, 'EXECUTE')
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE p.prosecdef AND n.nspname !~ '^(pg_|information_schema$)'
    AND has_function_privilege(p.oid, 'EXECUTE') AND has_schema_privilege(n.oid, 'USAGE')
UNION SELECT 'may write code in the language', quote_ident(lanname), has_language_privilege('public', oid, 'USAGE')
  FROM pg_language WHERE NOT lanpltrusted AND lanispl AND has_language_privilege(oid, 'USAGE')
UNION SELECT 'may use the foreign server', quote_ident(srvname), has_server_privilege('public', oid, 'USAGE')
  FROM pg_foreign_server WHERE has_server_privilege(oid, 'USAGE')
UNION SELECT 'may create in the tablespace', quote_ident(spcname), has_tablespace_privilege('public', oid, 'CREATE')
  FROM pg_tablespace WHERE has_tablespace_privilege(oid, 'CREATE')
ORDER BY 1, 2
"""
WHO = "SELECT current_user, current_database(), EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)"
