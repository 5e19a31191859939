"""The rows of query engines, and of what runs inside dbt itself."""

from __future__ import annotations

from typing import Final

from dagwright.spec.adapters.row import Adapter, Method, fixed, hidden, may, need, options, secret

_LOGIN: Final = need("user", "login")

TRINO: Final = Adapter(
    "trino",
    ("trino",),
    (
        Method(
            "jwt",
            (
                fixed("method", "jwt"),
                may("user", "login"),
                secret("jwt_token", "extra.jwt__token"),
            ),
            ("jwt_token",),
        ),
        Method(
            "certificate",
            (
                fixed("method", "certificate"),
                may("user", "login"),
                need("client_certificate", "extra.certs__client_cert_path"),
                need("client_private_key", "extra.certs__client_key_path"),
            ),
            ("client_certificate",),
        ),
        Method(
            "kerberos",
            (
                fixed("method", "kerberos"),
                _LOGIN,
                need("keytab"),
                need("krb5_config", "extra.kerberos__config"),
                need("principal", "extra.kerberos__principal", "extra.principal"),
                may("service_name", "extra.kerberos__service_name"),
                *options("hostname_override mutual_authentication:bool force_preemptive:bool"),
                *options("sanitize_mutual_error_response:bool delegate:bool"),
            ),
            ("extra.auth=kerberos",),
        ),
        Method(
            "oauth",
            (fixed("method", "oauth"), may("user", "login")),
            ("extra.auth=oauth",),
        ),
        Method(
            "oauth_console",
            (fixed("method", "oauth_console"), may("user", "login")),
            ("extra.auth=oauth_console",),
        ),
        Method(
            "ldap",
            (
                fixed("method", "ldap"),
                _LOGIN,
                secret("password", "password"),
                may("impersonation_user"),
            ),
            ("password",),
        ),
        Method(
            "none",
            (
                fixed("method", "none"),
                _LOGIN,
                may("http_scheme", "extra.protocol", "extra.http_scheme"),
            ),
        ),
    ),
    (
        need("host", "host", form="url_host"),
        may("port", "port", form="int", value=8080),
        need("database", "extra.catalog", "extra.database", also="catalog"),
        need("schema", "schema", "extra.schema"),
        may("cert", "extra.verify", form="data"),
        *options("roles:mapping session_properties:mapping http_headers:mapping! retries:int"),
        *options("client_tags:list timezone prepared_statements_enabled:bool"),
        *options("suppress_cert_warning:bool"),
    ),
)

SPARK: Final = Adapter(
    "spark",
    ("spark", "hiveserver2", "spark_connect"),
    (
        Method(
            "http",
            (
                fixed("method", "http"),
                secret("token", "extra.token", "password"),
                need("cluster"),
                may("user", "login"),
                may("organization"),
            ),
            ("cluster",),
        ),
        Method(
            "odbc",
            (
                fixed("method", "odbc"),
                need("driver"),
                hidden("token", "extra.token", "password"),
                may("user", "login"),
                *options("cluster endpoint organization connection_string_suffix"),
            ),
            ("driver",),
        ),
        Method("session", (fixed("method", "session"),), ("extra.method=session",)),
        Method(
            "thrift",
            (
                fixed("method", "thrift"),
                may("user", "login"),
                may("auth", "extra.auth", "extra.auth_mechanism"),
                may("kerberos_service_name"),
                hidden("password", "password"),
            ),
        ),
    ),
    (
        need("host", "host"),
        may("port", "port", form="int", value=10000),
        need("schema", "schema"),
        *options("use_ssl:bool server_side_parameters:mapping connect_retries:int"),
        *options("connect_timeout:int retry_all:bool query_timeout:int poll_interval:int"),
        *options("query_retries:int"),
    ),
)

CLICKHOUSE: Final = Adapter(
    "clickhouse",
    ("generic", "clickhouse"),
    (Method("password", (may("user", "login"), hidden("password", "password"))),),
    (
        need("host", "host"),
        may("port", "port", form="int"),
        need("schema", "schema"),
        *options("driver cluster database_engine cluster_mode:bool secure:bool verify:bool"),
        *options("client_cert client_cert_key retries:int connect_timeout:int"),
        *options("send_receive_timeout:int sync_request_timeout:int compress_block_size:int"),
        *options("compression check_exchange:bool custom_settings:mapping use_lw_deletes:bool"),
        *options("local_suffix local_db_prefix allow_automatic_deduplication:bool"),
        *options("tcp_keepalive:data reuse_connections:bool server_host_name"),
    ),
)

STARROCKS: Final = Adapter(
    "starrocks",
    ("mysql",),
    (Method("password", (need("username", "login"), hidden("password", "password"))),),
    (
        need("host", "host"),
        may("port", "port", form="int", value=9030),
        need("schema", "schema"),
        *options("catalog charset version use_pure is_async:bool async_query_timeout:int"),
        *options("poll_interval:int poll_max_delay:int poll_factor:number auth_plugin"),
    ),
)

DUCKDB: Final = Adapter(
    "duckdb",
    ("duckdb", "generic"),
    (
        Method(
            "motherduck",
            (
                need("path", "extra.path", "host"),
                secret("motherduck_token", "extra.motherduck_token", "password"),
            ),
            ("motherduck_token",),
        ),
        Method("file", (need("path", "extra.path", "host"),)),
    ),
    (
        *options("database schema extensions:list settings:mapping! config_options:mapping!"),
        *options("secrets:list! external_root attach:list! filesystems:list! plugins:list!"),
        *options("use_credential_provider disable_transactions:bool keep_open:bool"),
        *options("module_paths:list retries:mapping is_ducklake:bool"),
    ),
)
