select * from {{ ref('parts_list') }} where id is null
