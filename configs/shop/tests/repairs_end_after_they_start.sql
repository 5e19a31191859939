select repair_id, received_on, finished_on
from {{ ref('fct_repairs') }}
where finished_on < received_on
