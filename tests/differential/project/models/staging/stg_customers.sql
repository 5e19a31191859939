select id from {{ source('shop', 'customers') }} where id in (select id from {{ ref('countries') }})
