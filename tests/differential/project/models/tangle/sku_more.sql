select id from {{ ref('sku') }}
