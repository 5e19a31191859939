"""The rows of warehouses that are services of a cloud."""

from __future__ import annotations

from typing import Final

from dagwright.spec.adapters.row import (
    Adapter,
    Field,
    Method,
    fixed,
    hidden,
    may,
    need,
    options,
    secret,
)

_KEYFILE: Final = Field(
    "keyfile_json",
    ("extra.keyfile_dict",),
    "mapping",
    required=True,
    secret=True,
    hidden=("private_key", "private_key_id"),
)
_USER: Final = need("user", "login")

REDSHIFT: Final = Adapter(
    "redshift",
    ("redshift", "postgres"),
    (
        Method(
            "iam_role",
            (
                fixed("method", "iam_role"),
                may("user", "login"),
                may("cluster_id", "extra.cluster_identifier", "extra.cluster_id"),
            ),
            ("extra.iam_role=true",),
        ),
        Method(
            "iam",
            (
                fixed("method", "iam"),
                _USER,
                may("cluster_id", "extra.cluster_identifier", "extra.cluster_id"),
                may("iam_profile", "extra.profile", "extra.iam_profile"),
                *options("access_key_id! secret_access_key!"),
            ),
            ("extra.iam=true",),
        ),
        Method(
            "password",
            (
                fixed("method", "database"),
                _USER,
                secret("password", "password", also="pass"),
            ),
        ),
    ),
    (
        need("host", "host"),
        may("port", "port", form="int", value=5439),
        need("dbname", "schema", "extra.database", also="database"),
        need("schema"),
        *options("region role sslmode connect_timeout:int retries:int retry_all:bool"),
        *options("autocreate:bool db_groups:list ra3_node:bool datasharing:bool autocommit:bool"),
        *options("is_serverless:bool serverless_work_group serverless_acct_id query_group"),
        *options("tcp_keepalive:bool tcp_keepalive_idle:int tcp_keepalive_interval:int"),
        *options("tcp_keepalive_count:int allow_concurrent_drops:bool drop_without_cascade:bool"),
    ),
)

SNOWFLAKE: Final = Adapter(
    "snowflake",
    ("snowflake",),
    (
        Method(
            "key_pair",
            (
                _USER,
                secret("private_key", "extra.private_key_content", form="pem"),
                hidden("private_key_passphrase", "password"),
            ),
            ("private_key",),
        ),
        Method(
            "key_pair_file",
            (
                _USER,
                need("private_key_path", "extra.private_key_file"),
                hidden("private_key_passphrase", "password"),
            ),
            ("private_key_path",),
        ),
        Method(
            "oauth",
            (
                fixed("authenticator", "oauth"),
                may("user", "login"),
                may("oauth_client_id", "extra.oauth_client_id", "extra.client_id"),
                *options("oauth_client_secret!"),
                secret("token", "extra.token", "extra.refresh_token", "password"),
            ),
            ("extra.authenticator=oauth",),
        ),
        Method(
            "programmatic_access_token",
            (
                fixed("authenticator", "programmatic_access_token"),
                may("user", "login"),
                secret("token", "extra.token", "password"),
            ),
            ("extra.authenticator=programmatic_access_token",),
        ),
        Method(
            "jwt",
            (
                fixed("authenticator", "jwt"),
                may("user", "login"),
                secret("token", "extra.token", "password"),
            ),
            ("extra.authenticator=jwt",),
        ),
        Method(
            "externalbrowser",
            (fixed("authenticator", "externalbrowser"), _USER),
            ("extra.authenticator=externalbrowser",),
        ),
        Method("password", (_USER, secret("password", "password"), may("authenticator"))),
    ),
    (
        need("account", "{extra.account}.{extra.region}", "extra.account", form="account"),
        need("database"),
        need("schema", "schema", "extra.schema"),
        may("warehouse"),
        may("role"),
        *options("query_tag client_session_keep_alive:bool host port:int proxy_host"),
        *options("proxy_port:int protocol connect_retries:int connect_timeout:int"),
        *options("retry_on_database_errors:bool retry_all:bool insecure_mode:bool"),
        *options("reuse_connections:bool s3_stage_vpce_dns_name"),
    ),
)

BIGQUERY: Final = Adapter(
    "bigquery",
    ("google_cloud_platform",),
    (
        Method(
            "service-account-json",
            (
                fixed("method", "service-account-json"),
                _KEYFILE,
            ),
            ("keyfile_json",),
        ),
        Method(
            "service-account",
            (fixed("method", "service-account"), need("keyfile", "extra.key_path")),
            ("keyfile",),
        ),
        Method(
            "oauth-secrets",
            (
                fixed("method", "oauth-secrets"),
                *options("token! refresh_token! client_id client_secret! token_uri"),
            ),
            ("token",),
        ),
        Method("oauth", (fixed("method", "oauth"),)),
    ),
    (
        may("project", "extra.project", "extra.keyfile_dict.project_id", also="database"),
        need("dataset", "extra.dataset", "schema", also="schema"),
        may("job_retries", form="int", also="retries"),
        may("job_execution_timeout_seconds", form="int", also="timeout_seconds"),
        may("compute_region", also="dataproc_region"),
        *options("location execution_project quota_project api_endpoint priority"),
        *options("maximum_bytes_billed:int reservation job_retry_deadline_seconds:int"),
        may("impersonate_service_account", "extra.impersonation_chain"),
        *options("job_creation_timeout_seconds:int job_link_info_level_log:bool"),
        *options("dataproc_cluster_name gcs_bucket submission_method dataproc_batch:mapping"),
        may("scopes", "extra.scope", form="list"),
    ),
)

DATABRICKS: Final = Adapter(
    "databricks",
    ("databricks",),
    (
        Method(
            "azure_service_principal",
            (
                fixed("auth_type", "oauth"),
                need("azure_client_id", "extra.azure_client_id", "login"),
                secret("azure_client_secret", "extra.azure_client_secret", "password"),
            ),
            ("extra.azure_tenant_id", "extra.azure_client_id"),
        ),
        Method(
            "oauth",
            (
                fixed("auth_type", "oauth"),
                need("client_id", "extra.client_id", "login"),
                secret("client_secret", "extra.client_secret", "password"),
            ),
            ("extra.service_principal_oauth=true", "extra.client_id"),
        ),
        Method("token", (secret("token", "extra.token", "password"),)),
    ),
    (
        need("host", "host", form="url_host"),
        need("http_path"),
        may("catalog", also="database"),
        need("schema", "schema", "extra.schema"),
        *options("oauth_redirect_url oauth_scopes:list session_properties:mapping"),
        *options("connection_parameters:mapping! compute:mapping query_tags connect_retries:int"),
        *options("connect_timeout:int retry_all:bool connect_max_idle:int"),
    ),
)

ATHENA: Final = Adapter(
    "athena",
    ("aws",),
    (
        Method(
            "access_key",
            (
                secret("aws_access_key_id", "login", "extra.aws_access_key_id"),
                secret("aws_secret_access_key", "password", "extra.aws_secret_access_key"),
                *options("aws_session_token!"),
            ),
            ("aws_access_key_id",),
        ),
        Method(
            "profile", (need("aws_profile_name", "extra.profile_name"),), ("aws_profile_name",)
        ),
        Method("default", ()),
    ),
    (
        need("region_name", "extra.region_name", "extra.region"),
        need("schema", "schema", "extra.schema"),
        may("database", value="awsdatacatalog", also="catalog"),
        may("assume_role_arn", "extra.role_arn", "extra.assume_role_arn"),
        *options("s3_staging_dir s3_data_dir s3_data_naming s3_tmp_table_dir endpoint_url"),
        *options("work_group skip_workgroup_check:bool spark_work_group poll_interval:number"),
        *options("assume_role_external_id assume_role_session_name"),
        *options("assume_role_duration_seconds:int debug_query_state:bool num_retries:int"),
        *options("num_boto3_retries:int num_iceberg_retries:int lf_tags_database:mapping"),
        *options("seed_s3_upload_args:mapping connection_manager"),
    ),
)
