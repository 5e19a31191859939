{# A table, since a view over a file could be read from the project's folder only. #}
{{ config(materialized='table') }}

select
    supplier_code,
    product_id,
    price_cents,
    lead_days
from {{ source('suppliers', 'price_list') }}
