/** UDP protocols of ntk: none yet. */
module io.ntk.udp {
    requires transitive io.ntk.core;
}
