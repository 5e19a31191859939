select id, order_id from {{ source('bank', 'payments.v2') }}
