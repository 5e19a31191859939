{{ config(access='public', group='people', materialized='incremental', unique_key='id') }}
select id from {{ ref('stg_customers') }}
