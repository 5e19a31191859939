select id from {{ source('shop', 'unused') }}
