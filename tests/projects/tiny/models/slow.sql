-- Keeps DuckDB busy for minutes: what a test kills while it runs.
select count(*) as n from range(1000000) as a(x), range(1000000) as b(y) where (x * y) % 7 = 3
