select id from {{ ref('leads') }}
