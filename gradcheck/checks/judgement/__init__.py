"""The judgement: a comparison in the precision that the subject really has, and a second opinion on it."""
