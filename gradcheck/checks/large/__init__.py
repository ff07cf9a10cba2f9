"""Large subjects: health and gradient in three forwards and two backwards, in borrowed memory."""
