// Signals that must wait until a frozen window is over, or until a hook has put back what another hook began.
#ifndef CLINUX_SIGNALS_H
#define CLINUX_SIGNALS_H

/// From here on signals that would end or stop the process are only remembered. A handler, not a mask: a mask holds for one
/// thread, and a signal may be delivered to any. Calls nest, also those of several threads.
void clinux_signals_defer(void);
/// Puts the former dispositions back and raises what came meanwhile.
void clinux_signals_release(void);
/// The number of a remembered signal that will end the process when they are released; 0 if there is none.
int clinux_signals_came(void);
/// Whether signals are being deferred.
int clinux_signals_are_deferred(void);

#endif
