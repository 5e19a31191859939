select
    mechanic,
    cast(date_trunc('week', received_on) as date) as week,
    count(*) as repairs,
    sum(minutes) as minutes
from {{ ref('fct_repairs') }}
group by mechanic, week
