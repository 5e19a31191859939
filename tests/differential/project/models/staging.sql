select id from {{ ref('root_model') }}
