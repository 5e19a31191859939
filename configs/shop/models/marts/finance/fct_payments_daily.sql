{{ config(materialized='incremental', unique_key=['paid_on', 'method'], on_schema_change='fail') }}

select
    paid_on,
    method,
    count(*) as payments,
    {{ euros('sum(amount_cents)') }} as amount_euros
from {{ ref('stg_payments') }}
{% if is_incremental() %}
where paid_on >= (select max(paid_on) from {{ this }})
{% endif %}
group by paid_on, method
