"""defn."""
