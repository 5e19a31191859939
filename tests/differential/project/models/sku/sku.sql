select id from {{ ref('order_lines') }}
