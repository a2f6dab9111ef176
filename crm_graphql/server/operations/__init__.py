"""Operations: found by text or hash, checked and priced once a document, held to the limits."""
