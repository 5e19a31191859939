"""The rows of databases that people run themselves."""

from __future__ import annotations

from typing import Final

from dagwright.spec.adapters.row import Adapter, Method, fixed, hidden, may, need, options, secret

_PASSWORD: Final = (need("user", "login"), secret("password", "password", also="pass"))
_USERNAME: Final = (need("username", "login", also="user UID"), secret("password", "password"))

POSTGRES: Final = Adapter(
    "postgres",
    ("postgres",),
    (Method("password", _PASSWORD),),
    (
        need("host", "host"),
        may("port", "port", form="int", value=5432),
        need("dbname", "schema", "extra.dbname", also="database"),
        need("schema"),
        *options("connect_timeout:int role search_path keepalives_idle:int retries:int"),
        *options("sslmode sslcert sslkey sslrootcert application_name autocommit:bool"),
    ),
)

SQLSERVER: Final = Adapter(
    "sqlserver",
    ("mssql", "odbc"),
    (
        Method(
            "windows_login", (fixed("windows_login", value=True),), ("extra.windows_login=true",)
        ),
        Method(
            "service_principal",
            (
                fixed("authentication", "ActiveDirectoryServicePrincipal"),
                need("tenant_id"),
                need("client_id", "extra.client_id", "login", also="app_id"),
                secret("client_secret", "extra.client_secret", "password", also="app_secret"),
            ),
            ("extra.tenant_id",),
        ),
        Method(
            "password",
            (
                need("user", "login", also="username UID"),
                secret("password", "password", also="pass PWD"),
                may("authentication", also="auth"),
            ),
        ),
    ),
    (
        need("server", "host", also="host"),
        may("port", "port", form="int", value=1433),
        need("database", "schema", "extra.database"),
        need("schema"),
        may("driver", "extra.driver", "extra.Driver", value="ODBC Driver 18 for SQL Server"),
        may("encrypt", form="bool"),
        may("trust_cert", form="bool", also="TrustServerCertificate"),
        may("schema_authorization", also="schema_auth"),
        *options("backend retries:int login_timeout:int query_timeout:int trace_flag:bool"),
        *options("xact_abort:bool"),
    ),
)

MYSQL: Final = Adapter(
    "mysql",
    ("mysql",),
    (
        Method(
            "password",
            (need("username", "login", also="user UID"), hidden("password", "password")),
        ),
    ),
    (
        need("server", "host", also="host"),
        may("port", "port", form="int", value=3306),
        need("schema", "schema"),
        may("unix_socket"),
        *options("charset collation ssl_disabled:bool"),
    ),
)

ORACLE: Final = Adapter(
    "oracle",
    ("oracle",),
    (
        Method(
            "connection_string",
            (*_PASSWORD, need("connection_string", "extra.dsn", "extra.connection_string")),
            ("connection_string",),
        ),
        Method("tns", (*_PASSWORD, need("tns_name")), ("tns_name",)),
        Method(
            "password",
            (
                *_PASSWORD,
                need("host", "host"),
                may("port", "port", form="int", value=1521),
                need("service", "extra.service_name", "extra.service"),
            ),
        ),
    ),
    (
        may("database", "extra.database", "extra.service_name", also="dbname"),
        need("schema", "schema", "login"),
        *options("protocol shardingkey:list supershardingkey:list cclass purity"),
        *options("retry_count:int retry_delay:int oml_cloud_service_url session_info:mapping"),
        *options("https_proxy https_proxy_port:int"),
    ),
)

VERTICA: Final = Adapter(
    "vertica",
    ("vertica",),
    (Method("password", _USERNAME),),
    (
        need("host", "host"),
        may("port", "port", form="int", value=5433),
        need("database", "schema", "extra.database"),
        need("schema"),
        *options("ssl:bool timeout:int oauth_access_token! autocommit:bool ssl_env_cafile"),
        *options("ssl_uri connection_load_balance:bool retries:int backup_server_node:list"),
        *options("withMaterialization:bool"),
    ),
)

EXASOL: Final = Adapter(
    "exasol",
    ("exasol",),
    (
        Method(
            "access_token",
            (need("user", "login"), secret("access_token")),
            ("access_token",),
        ),
        Method(
            "refresh_token",
            (need("user", "login"), secret("refresh_token")),
            ("refresh_token",),
        ),
        Method("password", _PASSWORD),
    ),
    (
        need("dsn", "extra.dsn", "{host}:{port}", "host"),
        may("dbname", "extra.dbname", "extra.database", value="DB", also="database"),
        need("schema", "schema"),
        *options("connection_timeout:int socket_timeout:int query_timeout:int compression:bool"),
        *options("encryption:bool validate_server_certificate:bool protocol_version retries:int"),
        *options("row_separator timestamp_format pool_size:int"),
    ),
)

TERADATA: Final = Adapter(
    "teradata",
    ("teradata",),
    (
        Method("browser", (fixed("logmech", "BROWSER"),), ("extra.logmech=browser",)),
        Method(
            "password",
            (need("user", "login", also="username UID"), secret("password", "password")),
        ),
    ),
    (
        need("host", "host", also="server"),
        may("port", "port"),
        need("schema", "schema"),
        *options("tmode logmech logdata! query_band charset account column_name cop coplast"),
        *options("encryptdata fake_result_sets field_quote field_sep lob_support log"),
        *options("max_message_body partition sip_support teradata_values retries:int"),
        *options("retry_timeout:int sslmode sslca sslcapath sslcrc sslcipher sslprotocol"),
        *options("browser browser_tab_timeout:int browser_timeout:int sp_spl:bool sessions:int"),
        *options("runstartup:bool logon_timeout:int https_port:int connect_timeout:int"),
        *options("request_timeout:int http_proxy http_proxy_user http_proxy_password!"),
        *options("https_proxy https_proxy_user https_proxy_password! sslcrl:bool sslocsp:bool"),
        *options("proxy_bypass_hosts oidc_sslmode"),
    ),
)
