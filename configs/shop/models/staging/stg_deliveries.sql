{# A table, since a view over a file could be read from the project's folder only. #}
{{ config(materialized='table') }}

select
    delivery_code,
    supplier_code,
    product_id,
    quantity,
    delivered_at
from {{ source('suppliers', 'deliveries') }}
