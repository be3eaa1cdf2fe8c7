"""What turns graphs into graphs: derivatives, batches, and the passes of the pipeline."""
