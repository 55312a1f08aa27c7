"""The verbs that this app writes on the record; ``wording`` has the sentence of each."""

REPORT_ISSUED = "report.issued"
SIMULATION_REQUESTED = "simulation.requested"
