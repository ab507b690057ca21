package io.ntk.core;

/**
 * An event of one protocol. Each protocol has a sealed interface of its own below this one; this one is open because a
 * sealed type cannot reach across modules.
 */
public non-sealed interface ProtocolEvent extends NetEvent {}
