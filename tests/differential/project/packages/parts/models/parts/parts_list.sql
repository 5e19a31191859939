{{ config(tags=['nightly']) }}
select id from {{ ref('stg_parts') }}
