select id from {{ ref('parts_list') }} union all select id from {{ source('depot', 'shelves') }}
