"""The verbs that this app writes on the record; ``wording`` has the sentence of each."""

MATRIX_PUBLISHED = "contract.matrix_published"
CONTRACT_PUBLISHED = "contract.version_published"
