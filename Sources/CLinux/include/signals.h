// Signals that must wait until a frozen window is over.
#ifndef CLINUX_SIGNALS_H
#define CLINUX_SIGNALS_H

/// From here on signals that would end or stop the process are only remembered. A handler, not a mask: a mask holds for one
/// thread, and a signal may be delivered to any. Calls nest, also those of several threads.
void clinux_signals_defer(void);
/// Puts the former dispositions back and raises what came meanwhile.
void clinux_signals_release(void);

#endif
