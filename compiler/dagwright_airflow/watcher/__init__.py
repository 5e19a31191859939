"""One dbt build that others watch: a producer runs it, and each task is a watcher of its nodes.

`states` says what everybody does, as tables; the rest does it. The producer follows dbt's
structured log (`dbt_log`), makes verdicts on tasks of what the nodes report (`verdicts`), and
publishes each verdict once (`ledger`). A watcher is deferred until its verdict is there
(`trigger`), and runs its own nodes where there is none (`watch`).
"""
