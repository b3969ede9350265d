"""The foreign witness: JMRTD reads the simulated chip, and must read what epass reads."""
