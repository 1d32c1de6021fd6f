"""What users write: steps, workflows, their options and inputs. Importing it costs little, decorating does no work."""
