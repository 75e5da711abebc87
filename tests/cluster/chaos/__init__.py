"""Real processes in network namespaces under faults, judged by what their clients were told.

world: the network; relay, clock: what breaks it; client, history: what is asked and judged; run: one
case; the rest: the cases, by the ids of docs/reliability.md. scripts/chaos runs them."""
